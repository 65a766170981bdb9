/** For sentences: '0.8 s', '12 s', '3 min', '2 h 5 min'. */
export function durationText(seconds: number): string {
  if (seconds < 9.95) return `${seconds.toFixed(1)}\u00a0s`
  if (seconds < 99.5) return `${Math.round(seconds)}\u00a0s`
  const minutes = Math.round(seconds / 60)
  if (minutes < 60) return `${minutes}\u00a0min`
  const hours = Math.floor(minutes / 60)
  if (hours < 48) return minutes % 60 === 0 ? `${hours}\u00a0h` : `${hours}\u00a0h ${minutes % 60}\u00a0min`
  return `${Math.round(hours / 24)}\u00a0days`
}

/** Without decimals, for what is a guess anyway: '6 s', '2 min'. */
export function aboutText(seconds: number): string {
  return seconds < 99.5 ? `${Math.max(1, Math.round(seconds))}\u00a0s` : durationText(seconds)
}

/** Wall-clock time of day, '14:03:21'. */
export function clockText(atMs: number): string {
  const at = new Date(atMs)
  return [at.getHours(), at.getMinutes(), at.getSeconds()]
    .map((part) => String(part).padStart(2, '0'))
    .join(':')
}

const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec']

/** A day and a time: 'today, 14:03:21', 'yesterday, 14:03:21', '12 Nov 2026, 14:03'. */
export function whenText(atMs: number, nowMs: number): string {
  const at = new Date(atMs)
  const clock = clockText(atMs)
  const sameDay = (other: Date): boolean => at.toDateString() === other.toDateString()
  const yesterday = new Date(nowMs)
  yesterday.setDate(yesterday.getDate() - 1)
  if (sameDay(new Date(nowMs))) return `today, ${clock}`
  if (sameDay(yesterday)) return `yesterday, ${clock}`
  return `${at.getDate()} ${MONTHS[at.getMonth()]} ${at.getFullYear()}, ${clock.slice(0, 5)}`
}
