import type { Emitter } from '../../shared/util/emitter.ts'

/** Asks, then waits for the next answer; false when none came within `timeoutMs`. */
export function answerWithin(timeoutMs: number, answers: Emitter<void>, ask: () => void): Promise<boolean> {
  return new Promise((settle) => {
    const finish = (answered: boolean): void => {
      clearTimeout(timer)
      listening.dispose()
      settle(answered)
    }
    const listening = answers.on(() => finish(true))
    const timer = setTimeout(finish, timeoutMs, false)
    ask()
  })
}
