/** What is left of a time, in whole milliseconds and never less than 1: several exchanges share one deadline. */
export function timeLeft(timeoutMs: number): () => number {
  const end = performance.now() + timeoutMs
  return () => Math.max(1, Math.floor(end - performance.now()))
}
