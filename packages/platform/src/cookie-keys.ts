import { Signer } from "@fastify/cookie";

/** Signs a service's cookies with its first key and knows those of all: keys can change while it runs. */
export class CookieKeys {
  #known: Signer | undefined;

  /** @param keys the one that signs first */
  replace(keys: readonly Buffer[]): void {
    this.#known = new Signer(keys.map((key) => key.toString("base64")));
  }

  readonly sign = (value: string) => this.#signer.sign(value);
  readonly unsign = (value: string) => this.#signer.unsign(value);

  get #signer(): Signer {
    if (!this.#known) throw new Error("there is no key to sign cookies with");
    return this.#known;
  }
}
