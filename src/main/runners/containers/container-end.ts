import { constants } from 'node:os'
import type { ContainerEnd } from '../supervisor/container-port.ts'
import { exitInWords } from '../supervisor/exit-words.ts'
import { member, numberMember, textMember } from './json.ts'

/** A shell and every engine report an end by signal N as 128 + N. */
const SIGNAL_BASE = 128

const NAMES = new Map(Object.entries(constants.signals).map(([name, number]) => [number, name]))

/** How a container ended, from GET /containers/ID/json; null while it has not. */
export function readContainerEnd(inspected: unknown): ContainerEnd | null {
  const state = member(inspected, 'State')
  const code = numberMember(state, 'ExitCode')
  if (code === null || member(state, 'Running') === true) return null
  const signal = signalOf(code)
  const status = signal === null ? { code, signal: null } : { code: null, signal }
  return { status, words: inWords(state, code, signal) }
}

function signalOf(code: number): NodeJS.Signals | null {
  const name = code > SIGNAL_BASE ? NAMES.get(code - SIGNAL_BASE) : undefined
  return name === undefined ? null : (name as NodeJS.Signals)
}

/** 137 alone says SIGKILL, which anybody may send; out of memory it was only where the engine saw the kernel do it. */
function inWords(state: unknown, code: number, signal: NodeJS.Signals | null): string {
  if (member(state, 'OOMKilled') === true) {
    return `was killed by the kernel, because memory of its container ran out (${code})`
  }
  const reason = textMember(state, 'Error')
  if (reason !== null && code >= 125 && code <= 127) return `could not run: ${reason}`
  if (signal === 'SIGKILL') return `was killed (${code}); the engine did not see memory run out`
  return signal === null
    ? exitInWords({ code, signal: null })
    : `${exitInWords({ code: null, signal })} (${code})`
}
