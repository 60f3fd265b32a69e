import { evaluate, parseExpression, parseUnaryTests, unaryTest } from "feelin";

// The only place that touches feelin: its parser is lenient and its interpreter finds mistakes one branch at a
// time, so an expression is read whole here before it is ever asked.

/** DMN 1.3 (10.3.4): the built-in functions expressions may use. A short list: every one is a promise. */
const FUNCTIONS = new Set([
  "contains",
  "starts with",
  "ends with",
  "matches",
  "upper case",
  "lower case",
  "string length",
  "list contains",
  "count",
  "not",
  "date",
  "number",
  "string",
]);

function checkNames(
  expression: string,
  tree: ReturnType<typeof parseExpression>,
  known: ReadonlySet<string>,
): void {
  const own = new Set<string>();
  tree.iterate({
    enter(node) {
      const text = expression.slice(node.from, node.to);
      if (node.type.isError)
        throw new RangeError(`"${expression}" isn't FEEL, near character ${node.from + 1}`);
      if (node.name === "Name") own.add(text);
      if (node.name === "SimplePositiveUnaryTest" && node.node.parent?.name === "Comparison") {
        throw new RangeError(`"${expression}" compares twice, near character ${node.from + 1}`);
      }
      if (node.name === "VariableName" && !known.has(text) && !own.has(text) && !FUNCTIONS.has(text)) {
        throw new RangeError(`"${expression}" speaks of ${text}, which isn't known`);
      }
    },
  });
}

const nothing = (names: Iterable<string>) => Object.fromEntries([...names].map((name) => [name, null]));

/**
 * A FEEL expression made ready: true only when FEEL says true.
 * @throws RangeError when it can't be read or speaks of an unknown name
 */
export function feelExpression(expression: string, names: ReadonlySet<string>): (facts: object) => boolean {
  const empty = nothing(names);
  checkNames(expression, parseExpression(expression, empty, undefined), names);
  return (facts) => evaluate(expression, { ...empty, ...facts }).value === true;
}

/**
 * FEEL unary tests made ready, over `?` and the other facts.
 * @throws RangeError when they can't be read or speak of an unknown name
 */
export function feelUnaryTests(
  expression: string,
  names: ReadonlySet<string>,
): (value: unknown, facts: object) => boolean {
  const empty = { ...nothing(names), "?": null };
  checkNames(expression, parseUnaryTests(expression, empty, undefined), new Set([...names, "?"]));
  return (value, facts) => unaryTest(expression, { ...empty, ...facts, "?": value }).value === true;
}
