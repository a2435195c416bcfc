// Formulas of the seed calculator: "round(A1 * 1.19 + max(B1, B2))".
// Only words of our own grammar are let through to JavaScript, so a formula can say nothing else.

const FUNCTIONS = {
  min: Math.min,
  max: Math.max,
  round: Math.round,
  sqrt: Math.sqrt,
};

const MAX_LENGTH = 500;
const WORD = /\s*(?:\d+(?:\.\d+)?|\.\d+|([A-Z][0-9]+)|(?:min|max|round|sqrt)(?=\s*\()|[-+*/(),])/y;

/** Throws unless the formula consists of numbers, cells, our functions, operators and brackets. Returns the cells. */
function readWords(formula) {
  const text = formula.trimEnd();
  const names = new Set();
  WORD.lastIndex = 0;
  while (WORD.lastIndex < text.length) {
    const at = WORD.lastIndex;
    const match = WORD.exec(text);
    // Two operators such as ++, -- or // mean something else to JavaScript than to us.
    if (!match || /(\+\s*\+|-\s*-|\/\s*\/|\/\s*\*|\*\s*\*)/.test(text.slice(Math.max(0, at - 1), WORD.lastIndex))) {
      throw new FormulaError(`unexpected character at position ${at + 1}`);
    }
    if (match[1]) names.add(match[1]);
    else if (/^[A-Za-z0-9]/.test(text.slice(WORD.lastIndex)) && /[A-Za-z0-9]$/.test(match[0])) {
      throw new FormulaError(`unexpected character at position ${WORD.lastIndex + 1}`);
    }
  }
  return names;
}

/** The error that the page shows under the cell. */
export class FormulaError extends Error {
  name = 'FormulaError';
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

  // Empty cells count as zero.
  const scope = { ...FUNCTIONS };
  for (const name of readWords(formula)) scope[name] = Object.hasOwn(cells, name) ? Number(cells[name]) : 0;

  let result;
  try {
    const compute = new Function(...Object.keys(scope), `"use strict"; return (${formula});`);
    result = compute(...Object.values(scope));
  } catch (error) {
    throw new FormulaError(`the formula cannot be read: ${error.message}`);
  }
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
