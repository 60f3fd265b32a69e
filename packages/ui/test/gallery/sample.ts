import { deriveTheme } from "@interco/kernel/colours";
import { type EntityView, entityView } from "../../src/entity-view.ts";
import type { BackofficeFrame, Frame, IdpFrame, MailFrame, PlainFrame, SiteFrame } from "../../src/frame.ts";
import { iconNames } from "../../src/icons.ts";
import { themeStylesheet } from "../../src/theme-stylesheet.ts";

/** Late on a Friday: "today" of every sample. */
export const now = new Date("2026-11-21T09:30:00Z");

const entity = (
  kind: "agglomeration" | "commune",
  name: string,
  fullName: string,
  brand: string,
): EntityView =>
  entityView(
    {
      kind,
      name,
      fullName,
      liaison: `de ${name}`,
      siteUrl: "http://site.example/",
      shortName: kind === "agglomeration" ? "Métropole" : undefined,
      theme: { brand },
    },
    null,
  );
export const woippy = entity("commune", "Woippy", "Mairie de Woippy", "#006d4b");
export const metz = entity("commune", "Metz", "Mairie de Metz", "#a21921");
export const metropole = entity("agglomeration", "Eurométropole de Metz", "Eurométropole de Metz", "#224fa7");
export const sites = { woippy, metz, metropole };
export type SiteName = keyof typeof sites;

export const themeOf = (name: SiteName): string =>
  themeStylesheet(deriveTheme({ brand: sites[name].colour }));

const page = {
  path: "/demarches",
  language: { code: "en" as const, label: "English", href: "?lang=en" },
  csrf: "sample",
};

function siteFrame(name: SiteName): SiteFrame {
  return {
    ...page,
    kind: "site",
    themeUrl: `/theme-${name}.css`,
    entity: sites[name],
    tagline: name === "metropole" ? "Démarches du territoire" : `Ville de ${sites[name].name}`,
    territory: { name: "Eurométropole de Metz", href: "http://metropole.example/", communes: 46 },
    from: name === "metropole" ? woippy : null,
    nav:
      name === "metropole"
        ? [
            { label: "Démarches", href: "/demarches" },
            { label: "Mes demandes", href: "/demandes" },
          ]
        : [
            { label: "Démarches", href: "/demarches" },
            { label: "Actualités", href: "/actualites" },
            { label: "La mairie", href: "/mairie" },
            { label: "Mes demandes", href: "/demandes" },
          ],
    visitor: name === "metropole" ? { name: "Camille Exemple", accountHref: "/compte" } : null,
    signInHref: "/connexion",
  };
}

function backofficeFrame(name: SiteName): BackofficeFrame {
  const away = name === "metropole";
  return {
    ...page,
    path: "/backoffice/demandes?file=a-traiter",
    kind: "backoffice",
    themeUrl: `/theme-${name}.css`,
    entity: sites[name],
    place: away ? "Backoffice Métropole" : "Backoffice",
    actingFor: away ? woippy : null,
    back: away ? { label: "Retour à la liste de Woippy", href: "http://woippy.example/backoffice/" } : null,
    groups: [
      {
        title: "Demandes",
        links: [
          { label: "À traiter", href: "/backoffice/demandes?file=a-traiter", count: 38, key: "a" },
          { label: "Que je traite", href: "/backoffice/demandes?file=miennes", count: 6, key: "m" },
          { label: "En retard", href: "/backoffice/demandes?file=retard", count: 3, key: "r" },
          { label: "Demandes Métropole", href: "/backoffice/demandes?file=metropole", count: 17, key: "d" },
          { label: "Toutes", href: "/backoffice/demandes", count: null },
        ],
      },
      {
        title: "Ma commune",
        links: [
          { label: "Démarches", href: "/backoffice/demarches", count: null },
          { label: "Orientation", href: "/backoffice/orientation", count: null },
          { label: "Agents et habilitations", href: "/backoffice/agents", count: null },
        ],
      },
    ],
    entities: [],
    agent: {
      name: "Alix Modèle",
      detail: "service technique",
      accountHref: "http://connexion.localhost:4400/compte",
    },
    search: away ? null : { action: "/backoffice/demandes", value: "" },
    newHref: away ? null : "/backoffice/saisir",
  };
}

const idpFrame: IdpFrame = {
  ...page,
  kind: "idp",
  name: "Connexion territoire de Metz",
  tagline: "Un seul compte pour 46 communes et la Métropole",
};
const plainFrame: PlainFrame = { ...page, kind: "plain" };

const mailFrame: MailFrame = {
  kind: "mail",
  entity: woippy,
  contact: {
    name: "Mairie de Woippy",
    phone: "03 00 00 00 00",
    email: "mairie@woippy.example",
    address: "1 place de l'Exemple",
    postalCode: "57140",
    city: "Woippy",
  },
  why: "Vous recevez ce message parce que vous avez fait une demande le 20 novembre.",
};

export function frameOf(screen: string, name: SiteName): Frame {
  if (screen === "list" || screen === "request") return backofficeFrame(name);
  if (screen === "sign-in") return idpFrame;
  if (screen === "mail") return { ...mailFrame, entity: sites[name] };
  if (screen === "icons") return plainFrame;
  return siteFrame(name);
}

const tile = (icon: string, title: string, text: string, tag: string) => ({
  icon,
  title,
  text,
  tag,
  href: "/demarches/exemple",
});
const row = (
  number: string,
  title: string,
  reason: string,
  origin: [string, string],
  status: [string, string],
  [deadline, late]: [string, boolean],
  inCharge: string,
  received: string,
) => ({
  href: `/backoffice/demandes/${number}`,
  number,
  title,
  reason,
  origin: { text: origin[0], tone: origin[1] },
  status: { text: status[0], tone: status[1] },
  deadline: { text: deadline, late },
  inCharge,
  received,
});
const choice = (value: string, label: string) => ({ value, label });

/** What the sample screens show. */
export const sample = {
  ...sites,
  icons: iconNames,
  shields: [..."ABCDEFGHIJKLMNOPQRSTUVWXYZ"].map((letter) => entity("commune", letter, letter, "#006d4b")),
  communes: [choice("57463", "Metz"), choice("57480", "Montigny-lès-Metz"), choice("57751", "Woippy")],
  contact: {
    phone: "03 00 00 00 00",
    email: "mairie@woippy.example",
    address: "1 place de l'Exemple",
    postalCode: "57140",
    city: "Woippy",
    hours: [
      { days: "Lundi à vendredi", times: "8 h 30 – 12 h, 13 h 30 – 17 h 30" },
      { days: "Samedi", times: "9 h – 12 h" },
    ],
  },
  tiles: [
    tile("pin", "Signaler un problème", "Voirie, éclairage, propreté, espaces verts", "Woippy ou Métropole"),
    tile("file", "Copie d'acte de naissance", "Si vous êtes né à Woippy", "Woippy"),
    tile("hall", "Réserver une salle", "Associations et particuliers", "Woippy"),
    tile("truck", "Enlèvement d'encombrants", "Sur rendez-vous, sous dix jours", "Métropole"),
    tile("school", "Inscription à l'école", "Première rentrée ou emménagement", "Woippy"),
    tile("works", "Travaux sur la voie publique", "Échafaudage, benne, déménagement", "Woippy ou Métropole"),
  ],
  news: [
    {
      date: "2026-11-18",
      title: "Le marché de Noël s'installe place de la mairie",
      summary: "Trente exposants du 5 au 24 décembre, entrée libre.",
      href: "/actualites/1",
    },
    {
      date: "2026-11-14",
      title: "Rue de Metz : circulation alternée jusqu'au 30",
      summary: "Travaux d'assainissement de la Métropole.",
      href: "/actualites/2",
    },
  ],
  groups: [
    {
      label: "Éclairage et signalisation",
      icon: "lamp",
      open: true,
      types: [choice("lamp-off", "Lampadaire éteint"), choice("lamp-day", "Lampadaire allumé en plein jour")],
    },
    { label: "Voirie et trottoirs", icon: "road", types: [choice("pothole", "Nid-de-poule")] },
    { label: "Propreté et déchets", icon: "trash", types: [choice("dump", "Dépôt sauvage")] },
  ],
  timeline: [
    {
      title: "Intervention programmée",
      at: "2026-11-21T09:12:00Z",
      detail: "par le service éclairage de Woippy",
      quote: "L'équipe passera jeudi dans la matinée.",
      current: true,
    },
    { title: "Prise en charge par la mairie de Woippy", at: "2026-11-20T08:03:00Z" },
    {
      title: "Transmise par la Métropole à la mairie de Woippy",
      at: "2026-11-19T16:41:00Z",
      detail: "l'éclairage de cette rue est communal",
    },
    { title: "Enregistrée", at: "2026-11-19T16:41:00Z", detail: "accusé d'enregistrement envoyé" },
  ],
  history: [
    { title: "Alix Modèle s'en occupe", at: "2026-11-21T09:28:00Z", current: true },
    {
      title: "Orientée vers Woippy, éclairage",
      detail:
        "Règle 14 de « Voirie et éclairage », version du 1er octobre : type éclairage, rue du Fort, gestionnaire commune.",
      href: "/pourquoi",
      link: "Pourquoi ici ?",
    },
    { title: "Enregistrée, accusé envoyé", at: "2026-11-20T16:41:00Z" },
  ],
  facts: [
    { term: "Type", text: "Éclairage, lampadaire éteint" },
    { term: "Lieu", text: "12 rue du Fort, Woippy" },
    {
      term: "Description",
      text: "Le lampadaire devant le numéro 12 ne s'allume plus depuis lundi. Passage très sombre vers l'école.",
    },
    { term: "Photos", text: "2 photos", href: "/photos" },
    { term: "Usager", text: "Camille Exemple, camille@exemple.test" },
  ],
  chips: [
    { label: "Équipe : éclairage", remove: "?" },
    { label: "Depuis 30 jours", remove: "?" },
  ],
  columns: [
    { label: "Demande" },
    { label: "Origine" },
    { label: "État" },
    { label: "Échéance", href: "?tri=echeance", order: "ascending" },
    { label: "Suivie par" },
    { label: "Reçue", href: "?tri=recue" },
  ],
  rows: [
    row(
      "EMM-2026-K7PX4QD",
      "Lampadaire éteint, 12 rue du Fort",
      "ici parce que : éclairage communal, rue du Fort",
      ["Métropole", "info"],
      ["À traiter", "warn"],
      ["jeudi 26 nov.", false],
      "Woippy, éclairage",
      "20 nov.",
    ),
    row(
      "WOI-2026-3M8RTC2",
      "Réservation salle Saint-Exupéry, 12 décembre",
      "Association Les Exemples",
      ["Woippy", ""],
      ["Pièces demandées", "brand"],
      ["délai suspendu", false],
      "Woippy, vie associative",
      "19 nov.",
    ),
    row(
      "EMM-2026-9QF2LDA",
      "Nid-de-poule, route de Thionville",
      "ici parce que : se trouve à Woippy",
      ["Métropole", "info"],
      ["En cours", "brand"],
      ["lundi 23 nov.", false],
      "Métropole, voirie",
      "18 nov.",
    ),
    row(
      "WOI-2026-7HVK5PN",
      "Copie d'acte de naissance",
      "Sacha Témoin",
      ["Woippy", ""],
      ["À traiter", "warn"],
      ["hier", true],
      "Woippy, état civil",
      "17 nov.",
    ),
  ],
};
