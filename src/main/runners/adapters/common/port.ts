import type { ContractError } from '../../../../shared/contract/errors.ts'
import { assertNever } from '../../../../shared/util/assert-never.ts'
import { err, ok, type Result } from '../../../../shared/util/result.ts'
import type { PlanContext } from '../../supervisor/adapter.ts'

const LAST_PORT = 65_535

/** The port that was asked for, or the first free one from the usual. */
export async function choosePort(
  wanted: number,
  usual: number,
  context: Pick<PlanContext, 'firstFreePort' | 'portState'>
): Promise<Result<number, ContractError>> {
  if (wanted === 0) return ok(await context.firstFreePort(usual))
  const state = await context.portState(wanted)
  switch (state.kind) {
    case 'free':
      return ok(wanted)
    case 'taken':
      return err({
        code: 'port-in-use',
        message: `Port ${wanted} is in use by ${state.by}. Choose another port, or 0 for the first free one.`
      })
    case 'forbidden':
      return err({
        code: 'refused',
        message: `Port ${wanted} may not be opened: ports below 1024 need root. Choose a higher one, or 0 for the first free one.`
      })
    default:
      return assertNever(state)
  }
}

/** The value of the last of these options, as '--port 80' or '--port=80'; null where none is there. */
export function optionValue(commandLine: readonly string[], names: readonly string[]): string | null {
  for (let at = commandLine.length - 1; at >= 0; at--) {
    const item = commandLine[at] ?? ''
    if (names.includes(item)) return commandLine[at + 1] ?? null
    const equals = item.indexOf('=')
    if (equals > 0 && names.includes(item.slice(0, equals))) return item.slice(equals + 1)
  }
  return null
}

/** A port as an option says it; null where that is none. */
export function portOf(text: string | null): number | null {
  const port = text === null ? Number.NaN : Number(text)
  return Number.isInteger(port) && port >= 1 && port <= LAST_PORT ? port : null
}

export const loopbackUrl = (port: number): string => `http://127.0.0.1:${port}`
