import { connect } from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'
import type { Readiness } from '../../supervisor/adapter.ts'
import { exchange } from '../common/http.ts'
import { NO_URL } from '../common/job-plan.ts'

/** A command that fails at once has ended by then; the question itself is what waits. */
const RUN_FIRST_MS = 1_500

/** Whether it is ready: its page answers, its port accepts, or, without either, it has run for a moment. */
export async function probeCustom(url: string, timeoutMs: number): Promise<Readiness> {
  if (url === NO_URL) {
    await delay(Math.min(RUN_FIRST_MS, timeoutMs), undefined, { ref: false })
    return 'ready'
  }
  const { hostname, port, pathname } = new URL(url)
  if (pathname === '/') return (await accepts(hostname, Number(port), timeoutMs)) ? 'ready' : 'no-answer'
  const answer = await exchange(url, timeoutMs)
  if (answer === null) return 'no-answer'
  return answer.status === 200 ? 'ready' : 'loading'
}

function accepts(host: string, port: number, timeoutMs: number): Promise<boolean> {
  return new Promise((settle) => {
    const socket = connect({ host, port })
    const end = (isOpen: boolean): void => {
      socket.destroy()
      settle(isOpen)
    }
    socket.setTimeout(timeoutMs, () => end(false))
    socket.once('connect', () => end(true))
    socket.once('error', () => end(false))
  })
}
