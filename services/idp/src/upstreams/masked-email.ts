/** Enough of an address for its owner to know it again, and for nobody to write to it: "c…e@exemple.fr". */
export function maskedEmail(email: string): string {
  const at = email.lastIndexOf("@");
  const [first = "", last = ""] = [email.slice(0, 1), at > 2 ? email.slice(at - 1, at) : ""];
  return `${first}…${last}${email.slice(at)}`;
}
