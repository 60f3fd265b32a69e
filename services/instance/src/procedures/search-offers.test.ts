import { expect, it } from "vitest";
import type { Offer } from "./offer.ts";
import { searchOffers } from "./search-offers.ts";

const offer = (title: string, words: string): Offer => ({
  slug: title,
  title,
  summary: "",
  icon: "file",
  kind: "local",
  href: "/",
  tag: "",
  words,
});
const offers = [
  offer("Signaler un problème", "Un trou, un lampadaire éteint, un dépôt sauvage. poubelle"),
  offer("Carte de déchèterie", "déchets encombrants poubelles"),
  offer("Copie d'acte de naissance", "état civil"),
];
const found = (typed: string) => searchOffers(offers, typed).map(({ title }) => title);

it("finds by the beginning of words, whatever their accents, case and plural", () => {
  expect(found("LAMPADAIRES")).toEqual(["Signaler un problème"]);
  expect(found("decheterie")).toEqual(["Carte de déchèterie"]);
  expect(found("acte naiss")).toEqual(["Copie d'acte de naissance"]);
});

it("puts a word of the title first, and asks for every word that says something", () => {
  expect(found("poubelle")).toEqual(["Signaler un problème", "Carte de déchèterie"]);
  expect(found("carte poubelle")).toEqual(["Carte de déchèterie"]);
  expect(found("je voudrais un acte")).toEqual([]);
  expect(found("un acte")).toEqual(["Copie d'acte de naissance"]);
});

it("gives everything, in its order, when nothing was typed", () => {
  expect(found("  ")).toHaveLength(3);
});
