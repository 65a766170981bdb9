// Where the installed Chromium is: $CHROMIUM, else the first of these names found on $PATH.
import { accessSync, constants } from 'node:fs'
import { delimiter, join } from 'node:path'

const NAMES = ['chromium', 'chromium-browser', 'google-chrome']

const usable = (path) => {
  try {
    accessSync(path, constants.X_OK)
    return true
  } catch {
    return false
  }
}

export function chromiumPath() {
  if (process.env.CHROMIUM) return process.env.CHROMIUM
  const folders = (process.env.PATH ?? '').split(delimiter).filter(Boolean)
  const found = NAMES.flatMap((name) => folders.map((folder) => join(folder, name))).find(usable)
  if (!found) throw new Error(`no Chromium on PATH (tried ${NAMES.join(', ')}); install it or set CHROMIUM`)
  return found
}

/** Chromium's own sandbox cannot start as root; this is a test browser on our own pages. */
export function chromiumArgs() {
  return ['--disable-gpu', ...(process.getuid?.() === 0 ? ['--no-sandbox'] : [])]
}
