import type { Profile, RunnerActivity } from '../../../../shared/model/runner.ts'
import type { Proof } from '../../supervisor/adapter.ts'
import { timeLeft } from '../common/deadline.ts'
import { fetchJson, member } from '../common/http.ts'
import { portOf } from '../common/port.ts'
import type { FindToken } from './token.ts'

const TOKEN_VARIABLE = 'JUPYTER_TOKEN='

/** The token of its runtime file, or of a container's environment: it is sent to this machine alone. */
async function tokenFor(tokenOf: FindToken, url: string, profile: Profile | null): Promise<string | null> {
  const given = profile?.container?.env.find((line) => line.startsWith(TOKEN_VARIABLE))
  if (given !== undefined) return given.slice(TOKEN_VARIABLE.length)
  const port = portOf(new URL(url).port)
  return port === null ? null : tokenOf(port)
}

/** As Jupyter's own pages ask it: in the query, which its log does not show. */
function ask(url: string, path: string, token: string | null, timeoutMs: number): Promise<unknown> {
  const target = new URL(path, url)
  if (token !== null && token !== '') target.searchParams.set('token', token)
  return fetchJson(target.href, timeoutMs)
}

/** Its status counts kernels and connections: a loop that hangs cannot tell them. */
export async function proveJupyter(
  tokenOf: FindToken,
  url: string,
  timeoutMs: number,
  profile: Profile | null
): Promise<Proof> {
  const left = timeLeft(timeoutMs)
  const version = member(await ask(url, '/api', null, left()), 'version')
  if (typeof version !== 'string') return { works: false, text: 'It does not tell its version.' }
  const name = `Jupyter Server ${version.slice(0, 40)}`
  const token = await tokenFor(tokenOf, url, profile)
  if (token === null)
    return { works: true, text: `${name} answers; its kernels are not seen without its token.` }
  const kernels = member(await ask(url, '/api/status', token, left()), 'kernels')
  return typeof kernels === 'number'
    ? { works: true, text: `${name} answers, with ${kernels} ${kernels === 1 ? 'kernel' : 'kernels'}.` }
    : { works: false, text: 'It does not tell its status, though its token was given.' }
}

/** Busy while a kernel computes; null where its token is not known. */
export async function jupyterActivity(
  tokenOf: FindToken,
  url: string,
  timeoutMs: number
): Promise<Omit<RunnerActivity, 'idleSinceMs'> | null> {
  const left = timeLeft(timeoutMs)
  const token = await tokenFor(tokenOf, url, null)
  if (token === null) return null
  const kernels = await ask(url, '/api/kernels', token, left())
  if (!Array.isArray(kernels)) return null
  const running = kernels.filter((kernel) => member(kernel, 'execution_state') === 'busy').length
  return {
    busy: running > 0,
    requestsRunning: running,
    requestsWaiting: 'not-supported',
    tokensPerS: 'not-supported'
  }
}
