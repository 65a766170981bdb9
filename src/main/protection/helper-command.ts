import { existsSync } from 'node:fs'
import { join } from 'node:path'

/**
 * Where the package puts the helper: a program of root's that starts the shipped Node with helper.js.
 *
 * The polkit policy knows it by this path.
 */
export const INSTALLED_HELPER = '/usr/lib/firebreak/firebreak-helper'
export const PKEXEC = '/usr/bin/pkexec'

export interface HelperProgram {
  /** What comes before the verb: pkexec and the program. */
  readonly command: readonly string[]
  /** From a checkout every verb asks for a password: nothing may call it by itself. */
  readonly installed: boolean
}

/** The installed helper; in a checkout the built one, run by the given Node. */
export function findHelper(
  places: { readonly entryDir: string; readonly nodePath: string },
  installedPath: string = INSTALLED_HELPER,
  pkexec: string = PKEXEC
): HelperProgram {
  if (existsSync(installedPath)) return { command: [pkexec, installedPath], installed: true }
  return { command: [pkexec, places.nodePath, join(places.entryDir, 'helper.js')], installed: false }
}
