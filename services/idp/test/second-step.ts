import { passSecondStep, totpOf } from "@interco/testing/second-step";
import type { Browser, Page } from "./browser.ts";

/** Types the code where a second step is asked for; else the page itself. */
export async function secondStep(browser: Browser, page: Page, email: string): Promise<Page> {
  let answer = page;
  if (new URL(page.url).pathname.endsWith("/verification"))
    await passSecondStep(totpOf(email), async (code) => {
      answer = await browser.submit(answer, { code });
      return answer.status < 400;
    });
  return answer;
}
