import type { IncomingMessage } from 'node:http'
import type { ContractError } from '../../shared/contract/errors.ts'
import { hubUrl, type Hub } from './hub.ts'
import { RequestFailure } from './request.ts'
import { Throttled } from './tries.ts'

const MS_PER_S = 1_000

/** What was asked for, to say what to do about a no. */
export interface Asked {
  readonly hub: Hub
  readonly repository: string
  readonly revision: string
  readonly gated: boolean
  readonly file: string | null
}

/** 429 and the server's own troubles: to be tried again. Null: another answer. Ends the response. */
export function throttleOf(response: IncomingMessage, host: string): RequestFailure | null {
  const status = response.statusCode ?? 0
  if (status !== 429 && status < 500) return null
  response.destroy()
  if (status !== 429) return new RequestFailure(`${host} has trouble of its own (status ${status}).`, true)
  const seconds = Number(response.headers['retry-after'])
  return new Throttled(
    `${host} asks to wait: too many requests. Try again in some minutes; with a token of your own it allows more.`,
    Number.isFinite(seconds) && seconds > 0 ? seconds * MS_PER_S : null
  )
}

/** A no of the hub's in words; it says by X-Error-Code what it means, as its documentation lists. */
export function refusal({ statusCode = 0, headers }: IncomingMessage, asked: Asked): ContractError {
  const { hub, repository, revision, file } = asked
  const code = String(headers['x-error-code'] ?? '')
  const page = hubUrl(hub, ...repository.split('/')).href
  if (code === 'RevisionNotFound')
    return { code: 'not-found', message: `${repository} has no revision ${revision}.` }
  if (code === 'EntryNotFound' || (statusCode === 404 && file !== null))
    return { code: 'not-found', message: `${repository} has no file ${file ?? ''} in ${revision}.` }
  const isGated = code === 'GatedRepo' || (asked.gated && (statusCode === 401 || statusCode === 403))
  if (isGated) {
    const token =
      hub.token === null
        ? 'Then make a token there and set it: hf auth login, or HF_TOKEN for Firebreak.'
        : 'Your token was sent and is not allowed to read it yet.'
    return {
      code: 'refused',
      message: `${repository} asks you to accept its licence. Open ${page}, accept it with your account. ${token}`
    }
  }
  if (statusCode === 401 && hub.token !== null && code !== 'RepoNotFound')
    return {
      code: 'refused',
      message: `${hub.endpoint.host} does not accept your token. Make a new one and set it with hf auth login.`
    }
  if (statusCode === 401 || statusCode === 403 || statusCode === 404)
    return {
      code: 'not-found',
      message: `There is no repository ${repository}, or it is private: then set a token that may read it (hf auth login).`
    }
  return { code: 'refused', message: `${hub.endpoint.host} refuses ${repository} with status ${statusCode}.` }
}
