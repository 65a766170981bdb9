/** The nearest value to `value` inside [low, high]; NaN becomes `low`, so that a bad reading stays bounded. */
export function clamp(value: number, low: number, high: number): number {
  return value > low ? Math.min(value, high) : low
}
