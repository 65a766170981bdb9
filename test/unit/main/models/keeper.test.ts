import { describe, expect, test } from 'vitest'
import { createKeeper } from '../../../../src/main/models/keeper.ts'

describe('what is kept of files', () => {
  test('a file in another state is not known, and the old state is forgotten', () => {
    const keeper = createKeeper<number>(2)
    keeper.put('/a', '1', 7)
    expect(keeper.get('/a', '1')).toBe(7)
    expect(keeper.get('/a', '2')).toBeUndefined()
    expect(keeper.get('/a', '1')).toBeUndefined()
  })

  test('the one unused for longest goes first', () => {
    const keeper = createKeeper<number>(2)
    keeper.put('/a', '', 1)
    keeper.put('/b', '', 2)
    keeper.get('/a', '')
    keeper.put('/c', '', 3)
    expect(['/a', '/b', '/c'].map((path) => keeper.get(path, ''))).toEqual([1, undefined, 3])
  })

  test('all together no more than so much; what alone is too much is not kept', () => {
    const keeper = createKeeper<string>(100, 50)
    keeper.put('/a', '', 'x'.repeat(20))
    keeper.put('/b', '', 'x'.repeat(20))
    keeper.put('/b', '', 'y'.repeat(20))
    expect(keeper.get('/a', '')).toBeDefined()
    keeper.put('/c', '', 'x'.repeat(20))
    expect(['/a', '/b', '/c'].map((path) => keeper.get(path, '') !== undefined)).toEqual([true, false, true])
    keeper.put('/d', '', 'x'.repeat(60))
    expect(keeper.get('/d', '')).toBeUndefined()
    keeper.put('/e', '', 'x')
    expect(keeper.get('/e', '')).toBe('x')
  })
})
