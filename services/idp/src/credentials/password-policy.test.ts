import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { createMessages } from "@interco/ui/messages";
import { describe, expect, test } from "vitest";
import { passwordLength } from "./password-length.ts";
import { passwordAdvice, passwordRefusal } from "./password-policy.ts";

const CAMILLE = {
  email: "camille.fictif57@exemple.test",
  names: ["Camille", "Fictif-Martin"],
  territory: "Eurométropole de Metz",
};
const refusalsOf = (passwords: readonly string[], about = {}) =>
  Object.fromEntries(passwords.map((password) => [password, passwordRefusal(password, about)]));
const all = (passwords: readonly string[], answer: string | null) =>
  Object.fromEntries(passwords.map((password) => [password, answer]));

describe("a password's length", () => {
  test("is counted in characters as people see them, after NFKC", () => {
    expect(passwordRefusal("kéa vif oré", {})).toBe("too-short");
    expect(passwordRefusal("🦊🌧️🎻 lune ocre", {})).toBe(null);
    expect(passwordRefusal("e\u0301".repeat(11), {})).toBe("too-short");
    expect(passwordRefusal("ﬃ vq pz kd", {})).toBe(null);
    expect(passwordRefusal("🦊", {})).toBe("too-short");
  });

  test("is 128 at most, and an endless one costs nothing", () => {
    const words = "lampe vert tigre onze radis cube quille vapeur motte jonc dalle filou gare pinson ";
    expect(passwordRefusal(words.repeat(2).slice(0, 128), {})).not.toBe("too-long");
    expect(passwordRefusal(words.repeat(2).slice(0, 129), {})).toBe("too-long");
    expect(passwordRefusal("x".repeat(5_000_000), {})).toBe("too-long");
  });
});

describe("refused because they are found in a few guesses", () => {
  const guessed = [
    "aaaaaaaaaaaa",
    "!!!!!!!!!!!!",
    "            ",
    "abababababab",
    "abcabcabcabcab",
    "123456789012",
    "1234567890123456",
    "098765432109",
    "111122223333",
    "198419841984",
    "azertyuiopqs",
    "azertyuiop123",
    "Azertyuiop2024!",
    "qwertyuiop[]12",
    "poiuytrezaAZ",
    "qsdfghjklm123",
    "azerty-azerty",
    "azertyqwerty12",
    "1qaz2wsx3edc",
    "1q2w3e4r5t6y",
    "1q2w3e4r5t6y!",
    "abcdefghijkl",
    "abcd1234abcd1234",
    "passwordpassword",
    "Password2024!",
    "P@ssw0rd2024!",
    "p4ssw0rd!!!!",
    "123password123",
    "!!!password!!!",
    "pass word 2024",
    "motdepasse123",
    "MotDePasse!2024",
    "mot de passe 12",
    "monmotdepasse",
    "administrateur",
    "Administrator1",
    "bonjour12345",
    "Bonjour!Bonjour!",
    "bonjourbonjourbonjour",
    "bonjour06121984",
    "soleil soleil soleil",
    "Soleil2024!!",
    "s0le1l-2024!",
    "doudou123456",
    "jetaime12345",
    "iloveyou2024!",
    "marseille1999",
    "chocolat0000",
    "Juillet2024!",
    "Sébastien1985",
    "extraordinairement",
    "ÉLÉPHANT-2024",
    "correct horse battery staple",
    "ncc1701d2024!",
    "q1w2e3r4t5y6!!",
    "147258369!2024!",
    "ｐａｓｓｗｏｒｄ2024",
  ];
  test.each(guessed)("%s", (password) => expect(passwordRefusal(password, {})).toBe("common"));
});

test("what is made of the person, their address or the territory is refused as such", () => {
  const own = [
    "camille2024!!",
    "Camille.Fictif",
    "camillefictif",
    "fictifcamille57",
    "CamilleMartin1",
    "camille.fictif57",
    "camille.fictif57@exemple.test",
    "c4m1ll3fictif",
    "Metz57000Metz",
    "Eurometropole57",
    "EurométropoleDeMetz",
    "eurometropolemetz",
    "Camille-Bonjour",
    "interco12345",
    "connexion-metz",
    "Vive Metz 2024",
  ];
  expect(refusalsOf(own, CAMILLE)).toEqual(all(own, "about-you"));
  const others = ["nadia la tortue range six clous", "pinson-vert-quille-onze"];
  expect(refusalsOf(others, CAMILLE)).toEqual(all(others, null));
  // A name of three letters is taken for itself only.
  expect(passwordRefusal("luc luc luc 2024", { names: ["Luc"] })).toBe("about-you");
  expect(passwordRefusal("luciole sur un fil de cuivre", { names: ["Luc"] })).toBe(null);
});

describe("no false alarm", () => {
  const good = [
    "un mot de passe assez long",
    "cheval agrafe pile bleu",
    "cheval-agrafe-pile-bleu",
    "chevalagrafepilebleu",
    "ChevalAgrafePileBleu",
    "le chat du roi a un os",
    "j'ai vu trois hiboux à Vaux",
    "La pluie tombe sur les tuiles.",
    "tournesol et vieux vélo",
    "radis noir, pain rassis",
    "mon oncle vend des parapluies",
    "lampe vert tigre onze",
    "trois fois deux font six",
    "pomme poire abricot",
    "soleil sur la montagne",
    "bonjour tristesse et café",
    "secret password of my cat",
    "azerty est un drôle de clavier",
    "dimanche on mange des quenelles",
    "où vas-tu petit escargot ?",
    "quatre-vingts moutons gris",
    "orange mécanique violon",
    "purple monkey dishwasher",
    "staple the green lantern",
    "Tr0ub4dor&3xkq",
    "xK9#mQ2$vL7p",
    "kQ7vTzPw93xd",
    "9x?roseK3-p2",
    "zH4!pR8_wN2@",
    "a8Fk2Lq9Zt1Bv6",
    "vE3mPqKz8rTnYw5x",
    "7d1f0c9a4be85236",
    "f47ac10b-58cc-4372",
    "8362 9471 0265 1738",
    "83629471026517",
    "пароль длинный и хороший",
    "密码很长而且也很好记得住吗",
    "كلمة مرور طويلة وجيدة",
    "🦊🌧️🎻🧵🪑🧀🚲🌵🎲🧊🪁🧲",
    "Wenn der Hahn kräht",
    "¿Dónde está la biblioteca?",
    "vingt et un dragons timides",
    "Nous irons à Metz en tandem",
    "jonquille;bretelle;cactus",
    "biscuit mouillé, 3 euros",
    "ma voisine Camille a un âne",
    "plouf dans l'étang de Lorraine",
    "vieux-Nancy-pluvieux-mardi",
    "il rit au nez du roi",
    "bon vol 42, Léo",
    "261447203003",
    "1543719720198537",
  ];
  test.each(good)("%s", (password) => expect(passwordRefusal(password, CAMILLE)).toBe(null));
});

describe("over whole lists", () => {
  const require = createRequire(import.meta.url);
  const listOf = (name: string) =>
    JSON.parse(readFileSync(require.resolve(`@zxcvbn-ts/${name}.json`), "utf8")) as string[];

  test("the 3,000 most leaked passwords stay refused with something behind them or twice (ASVS 5, V6.2.4)", () => {
    const accepted = listOf("language-common/src/passwords")
      .slice(0, 3_000)
      .flatMap((word) => [`${word}2024!`, `${word}123456`, `${word}!!!!!!`, `${word}31121984`, word + word])
      .filter((password) => passwordRefusal(password, CAMILLE) === null);
    expect(accepted).toEqual([]);
  });

  test("four everyday words are accepted, with spaces or without", () => {
    const words = listOf("language-fr/src/commonWords").slice(0, 8_000);
    // The same at each run, and far from each other in the list.
    const phrase = (n: number, between: string) =>
      [1, 2, 3, 4].map((k) => words[(n * 7_919 + k * 2_741 * ((n % 13) + 1)) % words.length]).join(between);
    const refused = Array.from({ length: 2_000 }, (_, n) => phrase(n, n % 2 ? " " : ""))
      .filter((password) => passwordLength(password) >= 12)
      .filter((password) => passwordRefusal(password, CAMILLE) !== null);
    expect(refused).toEqual([]);
  });
});

test("each refusal says in both languages what to do instead", () => {
  const messages = createMessages({ catalogues: [join(import.meta.dirname)] });
  for (const refusal of ["too-short", "too-long", "common", "about-you"] as const) {
    const { key, params } = passwordAdvice(refusal);
    for (const lang of ["fr", "en"] as const)
      expect(messages.translate(lang, key, params)).not.toContain("{");
  }
});
