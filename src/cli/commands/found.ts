import type { CommandOutput } from '../../shared/contract/commands.ts'
import type { ContractError } from '../../shared/contract/errors.ts'
import { err, ok, type Result } from '../../shared/util/result.ts'
import type { Core } from '../command.ts'
import { formatBytes, printable } from '../format.ts'

type Found = CommandOutput<'runners.found'>[number]

const PID = /^\d{1,7}$/

/** Runners that Firebreak did not start have no name yet: their process number stands for them. */
export const isPid = (text: string): boolean => PID.test(text)

/** The found runner that a process belongs to. */
export async function findByPid(client: Core['client'], text: string): Promise<Result<Found, ContractError>> {
  const pid = Number(text)
  if (!isPid(text)) {
    const message = `'${text}' is no process number. 'firebreakctl runners' lists them.`
    return err({ code: 'bad-request', message })
  }
  const found = await client.call('runners.found', {})
  if (!found.ok) return found
  const one = found.value.find((candidate) => candidate.pid === pid || candidate.pids.includes(pid))
  if (one !== undefined) return ok(one)
  const message = `Process ${pid} belongs to no runner that Firebreak knows. 'firebreakctl runners' lists them.`
  return err({ code: 'not-found', message })
}

/** As an entry beside the own ones: its number is the id that stop and adopt take. */
export const foundEntry = (found: Found): Found & { readonly id: string; readonly state: 'found' } => ({
  ...found,
  id: String(found.pid),
  state: 'found'
})

export function foundRow(found: Found): readonly string[] {
  const { pid, kind, label, bytes, url, startedBy, startedByName, problem } = found
  const by = startedByName === null ? startedBy : `${startedBy} ${printable(startedByName)}`
  const words = problem === null ? `${printable(label)}, started by: ${by}` : printable(problem)
  return [String(pid), kind, 'found', formatBytes(bytes.gpuBytes + bytes.hostBytes), url ?? '-', words]
}
