import { isEmail } from "../accounts/email-address.ts";
import { nameFault, nameLine } from "../accounts/person-name.ts";
import { passwordAdvice, passwordRefusal } from "../credentials/password-policy.ts";

export interface Typed {
  email: string;
  givenName: string;
  familyName: string;
}

export interface FieldFault {
  name: string;
  /** The key of the message that says how to mend it, and what it needs. */
  message: string;
  params?: Record<string, number>;
}

/** What was typed, as it is kept. NFKC: what an address is looked up by is what is written to. */
export function typedOf(body: Partial<Typed>): Typed {
  return {
    email: (body.email ?? "").normalize("NFKC").trim(),
    givenName: nameLine(body.givenName),
    familyName: nameLine(body.familyName),
  };
}

/** What is wrong with it, in the order of the form. */
export function faultsOf(typed: Typed, password: string, territory: string): FieldFault[] {
  const faults: FieldFault[] = [];
  if (!isEmail(typed.email)) faults.push({ name: "email", message: "interactions.email-missing" });
  const given = nameFault(typed.givenName);
  if (given) faults.push({ name: "givenName", message: `registration.given-name-${given}` });
  const family = nameFault(typed.familyName);
  if (family) faults.push({ name: "familyName", message: `registration.family-name-${family}` });
  const names = [typed.givenName, typed.familyName];
  const refused = passwordRefusal(password, { email: typed.email, names, territory });
  if (refused) {
    const { key, params } = passwordAdvice(refused);
    faults.push({ name: "password", message: key, params });
  }
  return faults;
}
