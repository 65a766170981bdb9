import { createHash } from 'node:crypto'
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'

/** Identity of files and folders by name and content; what is not there counts as that. */
export function hashOfFiles(paths: readonly string[], more: readonly string[] = []): string {
  const hash = createHash('sha256')
  const add = (path: string, name: string): void => {
    if (!existsSync(path)) return
    if (statSync(path).isDirectory()) {
      for (const child of readdirSync(path).sort()) add(join(path, child), `${name}/${child}`)
    } else hash.update(`${name}\0`).update(readFileSync(path))
  }
  paths.forEach((path, index) => add(path, String(index)))
  more.forEach((text) => hash.update(text))
  return hash.digest('hex').slice(0, 12)
}
