// Formulas of the seed calculator: "round(A1 * 1.19 + max(B1, B2))".
// A formula has a small grammar of its own; it is read here and never becomes JavaScript.

const FUNCTIONS = new Map([
  ['min', Math.min],
  ['max', Math.max],
  ['round', Math.round],
  ['sqrt', Math.sqrt],
]);

const STRENGTH = { '+': 1, '-': 1, '*': 2, '/': 2 };
const MAX_LENGTH = 500;
const TOKEN = /\s*(?:(\d+(?:\.\d+)?|\.\d+)|([A-Za-z][A-Za-z0-9]*)|([-+*/(),]))/y;

/** The error that the page shows under the cell. */
export class FormulaError extends Error {
  name = 'FormulaError';
}

function tokens(formula) {
  const found = [];
  TOKEN.lastIndex = 0;
  const text = formula.trimEnd();
  while (TOKEN.lastIndex < text.length) {
    const at = TOKEN.lastIndex;
    const match = TOKEN.exec(text);
    if (!match) throw new FormulaError(`unexpected character at position ${at + 1}`);
    found.push(match[1] ?? match[2] ?? match[3]);
  }
  return found;
}

/**
 * Evaluates a formula.
 *
 * @param {string} formula  numbers, cells such as A1, + - * / ( ), and min, max, round, sqrt
 * @param {Object<string, number>} cells  the values of the sheet
 * @returns {number}
 */
export function evaluate(formula, cells) {
  if (typeof formula !== 'string' || formula.trim() === '') throw new FormulaError('the formula is empty');
  if (formula.length > MAX_LENGTH) throw new FormulaError('the formula is too long');

  const list = tokens(formula);
  let at = 0;
  const peek = () => list[at];
  const take = () => list[at++];
  const expect = (token) => {
    if (take() !== token) throw new FormulaError(`the formula lacks a ${token}`);
  };

  // Empty cells count as zero.
  function cell(name) {
    return Object.hasOwn(cells, name) ? Number(cells[name]) : 0;
  }

  function value() {
    const token = take();
    if (token === undefined) throw new FormulaError('the formula ends too early');
    if (token === '-') return -value();
    if (token === '+') return value();
    if (token === '(') {
      const inner = sum(1);
      expect(')');
      return inner;
    }
    if (/^[\d.]/.test(token)) return Number(token);
    if (/^[A-Z][0-9]+$/.test(token)) return cell(token);
    const apply = FUNCTIONS.get(token);
    if (!apply) throw new FormulaError(`unknown name: ${token}`);
    expect('(');
    const given = [sum(1)];
    while (peek() === ',') {
      take();
      given.push(sum(1));
    }
    expect(')');
    return apply(...given);
  }

  /** Reads operators that bind at least as strongly as `least`. */
  function sum(least) {
    let left = value();
    while (STRENGTH[peek()] >= least) {
      const operator = take();
      const right = sum(STRENGTH[operator] + 1);
      if (operator === '+') left += right;
      else if (operator === '-') left -= right;
      else if (operator === '*') left *= right;
      else left /= right;
    }
    return left;
  }

  const result = sum(1);
  if (at < list.length) throw new FormulaError(`unexpected: ${peek()}`);
  return result;
}

/** Evaluates a column of formulas; one that fails becomes the text "#ERROR". */
export function evaluateAll(formulas, cells) {
  return formulas.map((formula) => {
    try {
      return evaluate(formula, cells);
    } catch (error) {
      if (error instanceof FormulaError) return '#ERROR';
      throw error;
    }
  });
}
