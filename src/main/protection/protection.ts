import { existsSync } from 'node:fs'
import { join } from 'node:path'
import type { ContractError } from '../../shared/contract/errors.ts'
import type { ProtectionStatus } from '../../shared/model/guard.ts'
import { bytesInWords } from '../../shared/util/bytes-in-words.ts'
import { err, ok, type Result } from '../../shared/util/result.ts'
import { protectionAmounts, type ProtectionAmounts } from './amounts.ts'
import { desktopUnits, type DesktopUnit } from './desktop-units.ts'
import { parseDropIn } from './drop-in.parse.ts'
import type { HelperProgram } from './helper-command.ts'
import { readText } from './read-text.ts'
import { runProgram, type ProgramEnd } from './run-program.ts'

/** A password dialog waits for a person; after this it counts as not answered. */
const DIALOG_DEADLINE_MS = 5 * 60_000
const FIRST_PERSONS_UID = 1000
/** pkexec: the dialog was dismissed; not authorized. */
const PKEXEC_REFUSED: ReadonlySet<number> = new Set([126, 127])
const HELPER_REFUSED = 3

export interface ProtectionOptions {
  readonly userId: number
  readonly sysRoot: string
  readonly etcRoot: string
  readonly runRoot: string
  readonly helper: HelperProgram
  /** Asked anew each time: the reserve is a setting. */
  readonly machine: () => { readonly memTotalBytes: number; readonly reserveBytes: number }
  readonly deadlineMs?: number
}

/** The kernel's own protection of the desktop's memory: how it is, and switching it with the user's password. */
export interface Protection {
  /** Reads some ten small files: for a page that is opened, not for every tick. */
  status(): ProtectionStatus
  /** Shows the password dialog. 'refused': dismissed, not allowed, or the helper would not. */
  set(install: boolean): Promise<Result<ProtectionStatus, ContractError>>
}

export function createProtection(options: ProtectionOptions): Protection {
  const { userId, helper, machine, deadlineMs = DIALOG_DEADLINE_MS } = options
  const units = desktopUnits(userId)
  let running: Promise<unknown> | null = null

  const commands = (): Pick<ProtectionStatus, 'installCommand' | 'removeCommand'> => {
    const { lowBytes, minBytes } = wanted()
    const user = ['--uid', String(userId)]
    const amounts = ['--low', String(lowBytes), '--min', String(minBytes)]
    return {
      installCommand: [...helper.command, 'install-protection', ...user, ...amounts],
      removeCommand: [...helper.command, 'remove-protection', ...user]
    }
  }
  const wanted = (): ProtectionAmounts => {
    const { reserveBytes, memTotalBytes } = machine()
    return protectionAmounts(reserveBytes, memTotalBytes)
  }

  const status = (): ProtectionStatus => {
    const unsupported = whyUnsupported(options)
    const amounts = wanted()
    const written = units.map((unit) => ({
      unit,
      set: parseDropIn(readText(join(options.etcRoot, unit.dropInPath)) ?? '')
    }))
    const there = written.filter(({ set }) => set !== null).length
    const state = unsupported !== null ? 'unsupported' : there === units.length ? 'on' : 'off'
    return {
      state,
      note: unsupported ?? noteOf(options.sysRoot, written, there, amounts),
      units: written.map(({ unit, set }) => ({
        unit: unit.unit,
        ...(state === 'on' ? (set ?? amounts) : amounts)
      })),
      ...commands()
    }
  }

  return {
    status,
    async set(install) {
      const before = status()
      if (before.state === 'unsupported') return err({ code: 'refused', message: before.note ?? '' })
      if (running !== null) {
        return err({ code: 'already-running', message: 'The password dialog is open already.' })
      }
      const command = install ? before.installCommand : before.removeCommand
      try {
        const run = runProgram(command, deadlineMs)
        running = run
        const error = errorOf(await run, command)
        return error === null ? ok(status()) : err(error)
      } finally {
        running = null
      }
    }
  }
}

function whyUnsupported({ userId, runRoot, sysRoot }: ProtectionOptions): string | null {
  if (!existsSync(join(runRoot, 'systemd', 'system')))
    return 'Needs systemd, which does not run this machine.'
  if (!existsSync(join(sysRoot, 'fs', 'cgroup', 'cgroup.controllers'))) {
    return 'Needs cgroup version 2, which this machine does not use alone.'
  }
  if (userId < FIRST_PERSONS_UID) return 'Firebreak runs as a system user, who has no desktop to protect.'
  return null
}

interface Written {
  readonly unit: DesktopUnit
  readonly set: ProtectionAmounts | null
}

/** What the user should know beside on or off; null when there is nothing. */
function noteOf(
  sysRoot: string,
  written: readonly Written[],
  there: number,
  wanted: ProtectionAmounts
): string | null {
  if (there === 0) return null
  const missing = written.filter(({ set }) => set === null).map(({ unit }) => unit.unit)
  if (missing.length > 0) return `Only partly installed: nothing is set for ${missing.join(', ')}.`
  const idle = written.find(({ unit, set }) => set !== null && !inForce(sysRoot, unit, set))
  if (idle !== undefined) return `Installed, but not in force for ${idle.unit.unit}; install it again.`
  const other = written.flatMap(({ set }) => set ?? []).find(({ lowBytes }) => lowBytes !== wanted.lowBytes)
  if (other === undefined) return null
  const now = bytesInWords(other.lowBytes)
  return `It keeps ${now}; the reserve is ${bytesInWords(wanted.lowBytes)} by now. Install it again to follow.`
}

/** True where the unit does not run: it gets its values when it starts. */
function inForce(sysRoot: string, unit: DesktopUnit, set: ProtectionAmounts): boolean {
  const text = readText(join(sysRoot, 'fs', 'cgroup', unit.cgroupPath, 'memory.low'))
  return text === null || text.trim() === 'max' || Number(text) >= set.lowBytes
}

/** What came of it, as an error for people; null when it was done. */
function errorOf(end: ProgramEnd, command: readonly string[]): ContractError | null {
  const asRoot = `As root: ${command.slice(1).join(' ')}`
  switch (end.kind) {
    case 'missing':
      return {
        code: 'not-found',
        message: `${command[0] ?? 'pkexec'} is not installed, so no password can be asked for.`,
        detail: asRoot
      }
    case 'timeout':
      return { code: 'timeout', message: 'The password dialog was not answered.', detail: asRoot }
    case 'failed':
      return { code: 'internal', message: `The helper could not be started: ${end.why}`, detail: asRoot }
    case 'ended': {
      if (end.code === 0) return null
      const said = end.stderr.split('\n').at(-1) ?? ''
      if (PKEXEC_REFUSED.has(end.code)) {
        return {
          code: 'refused',
          message: 'Not authorized: the dialog was dismissed, or there is no dialog here.',
          detail: said === '' ? asRoot : `${said} ${asRoot}`
        }
      }
      const code = end.code === HELPER_REFUSED ? 'refused' : 'internal'
      return { code, message: said || `The helper ended with ${end.code}.`, detail: asRoot }
    }
  }
}
