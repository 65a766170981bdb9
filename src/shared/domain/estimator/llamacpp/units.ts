export const MIB = 2 ** 20
export const GIB = 2 ** 30

/** The next multiple of `step`. */
export const padTo = (value: number, step: number): number => Math.ceil(value / step) * step

export const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0)
