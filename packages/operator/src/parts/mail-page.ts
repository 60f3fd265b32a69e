import type { CaughtMail } from "./mail-store.ts";

const style = `body{font:16px/1.5 system-ui,sans-serif;margin:0 auto;max-width:60rem;padding:1.5rem;color:#1d2430}
h1{font-size:1.4rem}table{border-collapse:collapse;width:100%}th,td{text-align:left;padding:.5rem .75rem .5rem 0;
border-bottom:1px solid #d5dae1;vertical-align:top}a{color:#0b57a4}iframe{width:100%;height:32rem;border:1px solid #d5dae1}
pre{white-space:pre-wrap;background:#f4f6f8;padding:1rem}dt{font-weight:600}dd{margin:0 0 .5rem}`;

/** The list of caught mails, newest first. */
export function mailListPage(mails: CaughtMail[]): string {
  const rows = mails
    .toReversed()
    .map(
      (
        mail,
      ) => `<tr><td>${escapeHtml(mail.date.slice(0, 16).replace("T", " "))}</td><td>${escapeHtml(mail.from)}</td>
<td>${escapeHtml(mail.to.join(", "))}</td><td><a href="/mails/${mail.id}">${escapeHtml(mail.subject || "(sans objet)")}</a></td></tr>`,
    )
    .join("");
  const table = `<table><thead><tr><th scope="col">Date</th><th scope="col">De</th><th scope="col">À</th>
<th scope="col">Objet</th></tr></thead><tbody>${rows}</tbody></table>`;
  return page("Courriels retenus", mails.length ? table : "<p>Aucun courriel pour l’instant.</p>");
}

/** One mail: its text, and its HTML in a frame where nothing runs and nothing is fetched. */
export function mailPage(mail: CaughtMail): string {
  const html = mail.html
    ? `<h2>HTML</h2><iframe title="Version HTML" sandbox srcdoc="${escapeHtml(mail.html)}"></iframe>`
    : "";
  return page(
    mail.subject || "(sans objet)",
    `<p><a href="/">Tous les courriels</a></p><dl><dt>De</dt><dd>${escapeHtml(mail.from)}</dd><dt>À</dt>
<dd>${escapeHtml(mail.to.join(", "))}</dd><dt>Date</dt><dd>${escapeHtml(mail.date)}</dd></dl>
<h2>Texte</h2><pre>${escapeHtml(mail.text)}</pre>${html}`,
  );
}

function page(title: string, body: string): string {
  return `<!doctype html><html lang="fr"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>${escapeHtml(title)}</title><style>${style}</style></head><body><main><h1>${escapeHtml(title)}</h1>${body}</main></body></html>`;
}

function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (c) => `&#${c.charCodeAt(0)};`);
}
