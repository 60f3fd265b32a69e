/** Nothing a mail program would read as a second address or as a name. */
const EMAIL = /^[^\s@,;:<>()[\]\\"]+@[^\s@,;:<>()[\]\\"]+\.[^\s@,;:<>()[\]\\"]+$/;

/** True for what may be an e-mail address, of 254 characters at most (RFC 5321 §4.5.3.1.3). That it answers is seen by writing to it. */
export function isEmail(text: string): boolean {
  return EMAIL.test(text) && text.length <= 254;
}
