import { get } from 'node:http'
import type { Readiness } from '../../supervisor/adapter.ts'

/** GET /health: 200 ready, 503 loading. A connection of its own each time: none is kept open to a runner. */
export function probeHealth(url: string, timeoutMs: number): Promise<Readiness> {
  return new Promise((settle) => {
    const request = get(
      new URL('/health', url),
      { agent: false, signal: AbortSignal.timeout(timeoutMs), headers: { connection: 'close' } },
      (response) => {
        response.destroy()
        if (response.statusCode === 200) settle('ready')
        else settle(response.statusCode === 503 ? 'loading' : 'no-answer')
      }
    )
    request.on('error', () => settle('no-answer'))
    request.on('upgrade', (_response, socket) => {
      socket.destroy()
      settle('no-answer')
    })
  })
}
