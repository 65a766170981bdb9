// app://host/… cannot be a Chromium scheme from outside: it is carried as https://app.host.double/…
const schemes = new Set()
export const carryScheme = (scheme) => schemes.add(scheme)

export const CARRIED = /^https:\/\/[^/]+\.double\//

export function toCarrier(url) {
  const parsed = new URL(url)
  const scheme = parsed.protocol.slice(0, -1)
  if (!schemes.has(scheme)) return url
  return `https://${scheme}.${parsed.host}.double${parsed.pathname}${parsed.search}${parsed.hash}`
}

export const fromCarrier = (url) => url.replace(/^https:\/\/([^./]+)\.([^/]+)\.double\//, '$1://$2/')
