import { createServer, type Server } from "node:http";

/** A site's back-channel logout address, that can be down and up again. */
export class SiteEndpoint implements AsyncDisposable {
  readonly tokens: string[] = [];
  /** Method and content type of each request. */
  readonly heard: string[] = [];
  readonly #server: Server;
  status = 200;
  origin = "";

  constructor() {
    this.#server = createServer((request, response) => {
      this.heard.push(`${request.method} ${request.headers["content-type"] ?? ""}`);
      let body = "";
      request.on("data", (part) => {
        body += part;
      });
      request.on("end", () => {
        const token = new URLSearchParams(body).get("logout_token");
        if (token && this.status === 200) this.tokens.push(token);
        response.writeHead(this.status).end();
      });
    });
  }

  async start(name: string): Promise<this> {
    await new Promise<void>((resolve) => this.#server.listen(0, "127.0.0.1", resolve));
    this.origin = `http://${name}.localhost:${(this.#server.address() as { port: number }).port}`;
    return this;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }
}
