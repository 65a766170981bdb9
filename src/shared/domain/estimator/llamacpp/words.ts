/** 262144 → '262,144'. */
export const count = (value: number): string => value.toLocaleString('en-GB')

/** '1 layer', '8 layers'. */
export const counted = (value: number, noun: string): string =>
  `${count(value)} ${noun}${value === 1 ? '' : 's'}`
