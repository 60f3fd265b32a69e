import { expect, test } from "vitest";
import { mailText } from "./mail-text.ts";

test("the text part says what the HTML part says, addresses of links included", () => {
  const html = `<html><head><title>x</title></head><body><h1>Votre demande</h1><p>Bonjour,<br>c'est l&#x27;été &amp; tout.</p>
    <dl><dt>Numéro</dt><dd>EMM-1</dd><dt>Lieu</dt><dd>Woippy</dd></dl>
    <p><a href="https://a.example/?x=1&amp;y=2">Suivre</a></p><ul><li>un</li><li>deux</li></ul></body></html>`;
  expect(mailText(html)).toBe(
    [
      "Votre demande",
      "",
      "Bonjour,",
      "c'est l'été & tout.",
      "",
      "Numéro : EMM-1",
      "Lieu : Woippy",
      "",
      "Suivre : https://a.example/?x=1&y=2",
      "",
      "- un",
      "- deux",
    ].join("\n"),
  );
});
