/** A page of the account area, as the first one leads to it. */
export interface MenuEntry {
  href: string;
  /** Its name is the message `key`, what one does there `key.text`. */
  key: string;
  icon: string;
  /** Only where people may come from other providers. */
  upstreams?: true;
}

/** In the order people look for them. Each part of the area adds its line. */
export const ACCOUNT_MENU: readonly MenuEntry[] = [
  { href: "/compte/nom", key: "my-account.names", icon: "person" },
  { href: "/compte/adresse", key: "my-account.email", icon: "mail" },
  { href: "/compte/mot-de-passe", key: "my-account.password", icon: "lock" },
  { href: "/compte/securite", key: "factors.menu", icon: "check-circle" },
  { href: "/compte/identites", key: "upstreams.mine", icon: "globe", upstreams: true },
  { href: "/compte/connexions", key: "my-account.sessions", icon: "key" },
  { href: "/compte/historique", key: "my-account.history", icon: "clock" },
  { href: "/compte/accords", key: "consent.mine", icon: "check" },
  { href: "/compte/donnees", key: "my-account.data", icon: "file" },
  { href: "/compte/suppression", key: "my-account.deletion", icon: "trash" },
];
