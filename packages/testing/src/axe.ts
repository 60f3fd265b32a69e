import axe from "axe-core";
import type { Page } from "playwright-core";

/** The law's references (RGAA 4, WCAG 2.1 AA, and 2.2's) and axe's own good practices. */
const TAGS = ["RGAAv4", "wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"];

interface Violation {
  id: string;
  nodes: { html: string; failureSummary?: string }[];
}

/** What axe finds on a page as it is shown now, one line each. Its scripts must be allowed to run. */
export async function axeViolations(page: Page): Promise<string[]> {
  // By the debugging protocol: the page's own policy lets no script of ours in.
  await page.evaluate(`${axe.source};0`);
  const options = { runOnly: { type: "tag", values: TAGS }, resultTypes: ["violations"] };
  const violations = await page.evaluate<Violation[]>(
    `axe.run(document, ${JSON.stringify(options)}).then(({ violations }) =>
      violations.map(({ id, nodes }) => ({ id, nodes: nodes.map(({ html, failureSummary }) => ({ html, failureSummary })) })))`,
  );
  return violations.flatMap(({ id, nodes }) =>
    nodes.map(
      ({ html, failureSummary = "" }) => `axe ${id}: ${html.slice(0, 200)} ${failureSummary.slice(0, 300)}`,
    ),
  );
}
