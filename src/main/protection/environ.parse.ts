/** One variable of /proc/PID/environ; null where it is not set. The first of two counts, as for getenv(). */
export function parseEnvironment(text: string, name: string): string | null {
  const entry = text.split('\0').find((one) => one.startsWith(`${name}=`))
  return entry === undefined ? null : entry.slice(name.length + 1)
}
