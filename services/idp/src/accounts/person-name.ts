const NAME_LENGTH = 100;
/** No name holds these: they are what addresses of pages, markup and invisible text are made of. */
const NOT_A_NAME = /[\p{C}<>{}()[\]/\\@:;|=*#"]/u;

/** A name as it is kept: one line, its accents composed. */
export function nameLine(text = ""): string {
  return text.normalize("NFC").replace(/\s+/g, " ").trim();
}

/** What is wrong with a name; undefined when it is one. */
export function nameFault(name: string): "missing" | "long" | "odd" | undefined {
  if (!name) return "missing";
  if (name.length > NAME_LENGTH) return "long";
  return NOT_A_NAME.test(name) ? "odd" : undefined;
}
