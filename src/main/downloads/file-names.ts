/** What a file system takes for one name, and a repository for all of a path. */
const MOST_NAME_BYTES = 255
const MOST_PATH_BYTES = 1_024

/**
 * Whether a path that a server named stays inside the folder it is put in: relative, no '..', nothing that a file
 * system or a terminal takes for more than a name.
 */
export function isPlainPath(path: string): boolean {
  if (path === '' || Buffer.byteLength(path) > MOST_PATH_BYTES) return false
  if (/[\p{Cc}\\]/u.test(path)) return false
  return path
    .split('/')
    .every(
      (part) => part !== '' && part !== '.' && part !== '..' && Buffer.byteLength(part) <= MOST_NAME_BYTES
    )
}

/** A '*' stands for any characters, slashes too. */
export function matcherOf(pattern: string): (name: string) => boolean {
  const parts = pattern.split('*')
  const [first = '', ...others] = parts
  const last = others.pop()
  if (last === undefined) return (name) => name === pattern
  return (name) => {
    if (name.length < first.length + last.length || !name.startsWith(first) || !name.endsWith(last))
      return false
    // By plain search, in order: a pattern of many stars costs no more than the name's length each.
    let at = first.length
    for (const part of others) {
      const found = name.indexOf(part, at)
      if (found < 0 || found + part.length > name.length - last.length) return false
      at = found + part.length
    }
    return true
  }
}
