import type { EntityView } from "./entity-view.ts";

/** What a layout shows around a screen. Templates read it as `@frame`; each layout takes its own kind. */
export type Frame = SiteFrame | BackofficeFrame | IdpFrame | PlainFrame | MailFrame;

export interface Link {
  label: string;
  href: string;
}

interface Page {
  /** Path of this page: the link to it in a menu is marked as the current one. */
  path: string;
  /** This page in the other language. */
  language: { code: "fr" | "en"; label: string; href: string };
  /** Token of the page's forms: `{{> csrf}}` writes it. Empty where the page posts nothing. */
  csrf: string;
}

/** `layouts/site` and `layouts/print`: a citizen's page, in the colours of the entity whose site it is. */
export interface SiteFrame extends Page {
  kind: "site";
  /** `/theme.css?v=…`: what `themeStylesheet` gave for this entity. */
  themeUrl: string;
  entity: EntityView;
  /** Line under the name: "Ville de Woippy", "Démarches du territoire". */
  tagline: string;
  /** The dark band above: the agglomeration's name, its site, how many communes share the account. */
  territory: { name: string; href: string; communes: number };
  /** "Vous venez du site de …": the commune whose portal led here; its logo stands as tall as ours. */
  from: EntityView | null;
  /** The menu, "Mes demandes" included. */
  nav: Link[];
  /** Who is signed in here, and where they find their account: at the identity provider. */
  visitor: { name: string; accountHref: string } | null;
  signInHref: string;
}

export interface QueueLink extends Link {
  count: number | null;
  /** There are more than that: "999+". */
  more?: boolean;
  /** Second letter of the shortcut `g` + letter. */
  key?: string;
}

/** `layouts/backoffice`: identical on every instance; `entity` colours its edge and nothing else. */
export interface BackofficeFrame extends Page {
  kind: "backoffice";
  themeUrl: string;
  entity: EntityView;
  /** Under the name: "Backoffice", or "Backoffice Métropole" for an agent received there. */
  place: string;
  /** The commune an authorised agent acts for on the agglomeration's instance. */
  actingFor: EntityView | null;
  /** Way back to the agent's own backoffice, shown in place of the search. */
  back: Link | null;
  groups: { title: string; links: QueueLink[] }[];
  /** Other entities this agent may work for: here, or on their own site. */
  entities: Link[];
  agent: { name: string; detail: string | null; accountHref: string };
  search: { action: string; value: string } | null;
  /** "Saisir pour un usager". */
  newHref: string | null;
}

/** `layouts/idp`: no commune's colours; it names the site one signs in to. */
export interface IdpFrame extends Page {
  kind: "idp";
  /** "Connexion – Eurométropole de Metz". */
  name: string;
  /** Line under the name. */
  tagline: string;
}

/** `layouts/plain`: an answer where no site is known. */
export interface PlainFrame extends Page {
  kind: "plain";
}

/** `layouts/mail`: who writes (the entity in charge at sending), how to reach it, why one gets this. */
export interface MailFrame {
  kind: "mail";
  entity: EntityView;
  contact: {
    name: string;
    phone: string | null;
    email: string | null;
    address: string | null;
    postalCode: string | null;
    city: string | null;
  } | null;
  why: string | null;
}
