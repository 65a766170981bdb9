/** How much a model matters to its user when somebody must go. */
export const IMPORTANCES = ['low', 'normal', 'high'] as const
export type Importance = (typeof IMPORTANCES)[number]
