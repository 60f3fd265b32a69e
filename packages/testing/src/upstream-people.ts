import type { UpstreamTestPerson } from "./upstream-provider.ts";

/** Citizens of the FranceConnect of tests. All fictional. */
export const CITIZENS: UpstreamTestPerson[] = [
  {
    id: "angela",
    acr: "eidas1",
    claims: {
      given_name: "Angela Claire Louise",
      family_name: "FICTIF",
      preferred_username: "Exemple",
      birthdate: "1962-08-24",
      gender: "female",
      birthplace: "57463",
      birthcountry: "99100",
      email: "angela@courriel.example",
    },
  },
  {
    id: "etranger",
    acr: "eidas1",
    claims: {
      given_name: "Jörg",
      family_name: "Fiktiv",
      birthdate: "1980-02-29",
      gender: "male",
      birthplace: "",
      birthcountry: "99109",
      email: "joerg@courriel.example",
    },
  },
];

/** Agents of the ProConnect of tests; `siren` is of the entity they work for. */
export function agents(siren: string): UpstreamTestPerson[] {
  const claims = { given_name: "Alix", usual_name: "Fictif", siret: `${siren}00017` };
  return [
    {
      id: "deux-facteurs",
      acr: "eidas2",
      amr: ["pwd", "totp", "mfa"],
      claims: { ...claims, email: "alix@woippy.example" },
    },
    { id: "un-facteur", acr: "eidas1", amr: ["pwd"], claims: { ...claims, email: "un@woippy.example" } },
    {
      id: "ailleurs",
      acr: "eidas2",
      amr: ["mfa"],
      claims: { ...claims, siret: "99999999900011", email: "alix@woippy.example" },
    },
    {
      id: "sans-invitation",
      acr: "eidas2",
      amr: ["mfa"],
      claims: { ...claims, email: "personne@woippy.example" },
    },
  ];
}
