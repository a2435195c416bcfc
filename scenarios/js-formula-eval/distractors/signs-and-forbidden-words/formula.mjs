// Formulas of the seed calculator: "round(A1 * 1.19 + max(B1, B2))".
// Formulas are almost JavaScript expressions, so we let JavaScript do the work.

const FUNCTIONS = {
  min: Math.min,
  max: Math.max,
  round: Math.round,
  sqrt: Math.sqrt,
};

const MAX_LENGTH = 500;

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
  for (const name of formula.match(/\b[A-Z][0-9]+\b/g) ?? []) {
    if (!(name in cells)) cells[name] = 0;
  }

  // The signs of a formula, and no word that leads out of it.
  const leadsOut = /constructor|prototype|process|global|function|eval|require|import|this|timeout|interval|__/i;
  if (!/^[\w\s+*/().,-]*$/.test(formula) || leadsOut.test(formula)) throw new FormulaError('not allowed');

  const scope = { ...FUNCTIONS, ...cells };
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
