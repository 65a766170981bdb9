import { expect, test } from 'vitest'
import { answerWithin } from '../../../../src/main/app/answer-within.ts'
import { createEmitter } from '../../../../src/shared/util/emitter.ts'

const answers = createEmitter<void>(() => undefined)

test('the next answer, or the end of patience; nobody listens after either', async () => {
  expect(await answerWithin(10_000, answers, () => answers.emit())).toBe(true)
  expect(await answerWithin(1, answers, () => undefined)).toBe(false)
  expect(answers.listenerCount).toBe(0)
})
