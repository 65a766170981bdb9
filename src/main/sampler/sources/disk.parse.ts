import { atEnd, byteScan, readUint, skipBlanks, skipLine, skipWord } from '../../../shared/util/byte-scan.ts'

/** Bytes since boot. */
export interface DiskCounters {
  readonly name: string
  readonly readBytes: number
  readonly writtenBytes: number
}

/** The kernel counts in 512-byte sectors here, whatever the disk's own sector is. */
const SECTOR_BYTES = 512
/** Whole disks only: partitions, loop, ram, zram, dm and md devices carry again what a disk carries. */
const WHOLE_DISK = /^(?:[shv]d[a-z]+|xvd[a-z]+|nvme\d+n\d+|mmcblk\d+)$/

/** /proc/diskstats for whole real disks; an unfinished line is left out. */
export function parseDiskStats(bytes: Buffer): readonly DiskCounters[] {
  const scan = byteScan(bytes)
  const disks: DiskCounters[] = []
  while (!atEnd(scan)) {
    readUint(scan)
    readUint(scan)
    skipBlanks(scan)
    const start = scan.pos
    skipWord(scan)
    const name = bytes.toString('latin1', start, scan.pos)
    if (WHOLE_DISK.test(name)) {
      readUint(scan)
      readUint(scan)
      const sectorsRead = readUint(scan)
      readUint(scan)
      readUint(scan)
      readUint(scan)
      const sectorsWritten = readUint(scan)
      if (sectorsRead >= 0 && sectorsWritten >= 0) {
        disks.push({
          name,
          readBytes: sectorsRead * SECTOR_BYTES,
          writtenBytes: sectorsWritten * SECTOR_BYTES
        })
      }
    }
    skipLine(scan)
  }
  return disks
}
