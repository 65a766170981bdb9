import { describe, expect, it } from 'vitest'
import { lockableRanges } from '../../../../src/main/sentinel/lockable.ts'

// Lines as /proc/self/maps of Node 24 has them.
const MAPS = `00400000-00dc4000 r--p 00000000 fe:00 1311 /usr/lib/firebreak/node
00dc5000-00dc6000 r-xp 009c5000 fe:00 1311 /opt/a b/node (deleted)
06db2000-06dd4000 rw-p 00000000 00:00 0
1d2a5000-1d3c9000 rw-p 00000000 00:00 0                          [heap]
7f7757000000-7f7757040000 rw-p 00000000 00:00 0 
7f7757040000-7f7757080000 ---p 00001000 fe:00 42 /usr/lib/libc.so.6
7ffd0e540000-7ffd0e561000 rw-p 00000000 00:00 0                  [stack]
7ffd0e5d9000-7ffd0e5dd000 r--p 00000000 00:00 0                  [vvar]
7ffd0e5dd000-7ffd0e5df000 r-xp 00000000 00:00 0                  [vdso]
7f0000000000-7f0000001000 rw-p 00000000 00:00 0                  [anon:v8]
`

describe('the pages of a process that may be locked', () => {
  it('are those a file backs, the C heap and the stack; never anonymous ones, which V8 gives back', () => {
    expect(lockableRanges(MAPS)).toEqual([
      { start: 0x400000, bytes: 0x9c4000 },
      { start: 0xdc5000, bytes: 0x1000 },
      { start: 0x1d2a5000, bytes: 0x124000 },
      { start: 0x7ffd0e540000, bytes: 0x21000 }
    ])
  })
  it('are none where the file cannot be read', () => {
    expect(lockableRanges('')).toEqual([])
  })
})
