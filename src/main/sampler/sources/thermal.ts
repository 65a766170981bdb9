import fs from 'node:fs'
import type { Reading } from '../../../shared/model/reading.ts'
import { disposeAll } from '../../../shared/util/disposable.ts'
import { keptSource, type Source } from './kept-source.ts'
import { readOnce } from './read-once.ts'
import { isSocMonitor, isSocZone, parseTemperature } from './thermal.parse.ts'

function list(folder: string): readonly string[] {
  try {
    return fs.readdirSync(folder).sort()
  } catch {
    return []
  }
}

const word = (path: string): string => {
  const bytes = readOnce(path)
  return bytes === 'unknown' ? '' : bytes.toString('latin1').trim()
}

function sensorFiles(sysRoot: string): readonly string[] {
  const zones = list(`${sysRoot}/class/thermal`)
    .filter((name) => name.startsWith('thermal_zone'))
    .map((name) => `${sysRoot}/class/thermal/${name}`)
    .filter((folder) => isSocZone(word(`${folder}/type`)))
    .map((folder) => `${folder}/temp`)
  const monitors = list(`${sysRoot}/class/hwmon`)
    .map((name) => `${sysRoot}/class/hwmon/${name}`)
    .filter((folder) => isSocMonitor(word(`${folder}/name`)))
    .flatMap((folder) =>
      list(folder)
        .filter((name) => /^temp\d+_input$/.test(name))
        .map((name) => `${folder}/${name}`)
    )
  return [...zones, ...monitors]
}

/**
 * The hottest sensor of the SoC. Sensors are looked for once; disks and network cards are left out, as asking
 * them wakes them and takes milliseconds.
 */
export function thermalSource(sysRoot: string): Source<Reading> {
  const sensors = sensorFiles(sysRoot).map((path) =>
    keptSource(path, parseTemperature, { wholeAtOnce: true })
  )
  return {
    read() {
      let hottest: Reading = 'unknown'
      for (const sensor of sensors) {
        const celsius = sensor.read()
        if (typeof celsius === 'number' && (hottest === 'unknown' || celsius > hottest)) hottest = celsius
      }
      return hottest
    },
    dispose: () => disposeAll(sensors)
  }
}
