import { expect, test } from 'vitest'
import { sortGently } from '../../../../src/main/models/sort-gently.ts'

test.each([0, 1, 999, 1_000, 1_001, 5_432])('%i items come in the order of their keys', async (count) => {
  const items = Array.from({ length: count }, (_, at) => String((at * 7_919) % 1_777))
  expect(await sortGently(items, (item) => item)).toEqual(items.toSorted())
})

test('of equal keys the order they came in stays', async () => {
  const items = Array.from({ length: 2_500 }, (_, at) => ({ key: String(at % 3), at }))
  const sorted = await sortGently(items, ({ key }) => key)
  for (let at = 1; at < sorted.length; at += 1) {
    const [a, b] = [sorted[at - 1], sorted[at]]
    if (a?.key === b?.key) expect(a?.at).toBeLessThan(b?.at ?? 0)
  }
})
