// Numbers as indices below a letter: x₁₂.
export const below = (number) => String(number).replace(/\d/g, (digit) => "₀₁₂₃₄₅₆₇₈₉"[digit]).replace("-", "₋");
