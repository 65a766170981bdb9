/** Order of ids, the same everywhere. By code unit: localeCompare costs a hundred times as much, for words. */
export const compareIds = (a: string, b: string): number => (a < b ? -1 : Number(a > b))
