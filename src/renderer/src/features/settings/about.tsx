import { useEffect, type ReactNode } from 'react'
import { bytesText } from '../../format/bytes.ts'
import { machineName } from '../../format/names.ts'
import { usePanel } from '../../stores/context.ts'

/** Own cost is measured this often while it is looked at, in ms: reading it is itself a cost. */
const MEASURE_EVERY_MS = 5_000

/** What this is, what it runs on, and what it costs. */
export function About(): ReactNode {
  const hello = usePanel('app', (state) => state.hello)
  const facts = usePanel('app', (state) => state.facts)
  return (
    <section className="card" aria-labelledby="about-title">
      <div className="card-head">
        <h2 id="about-title">About</h2>
      </div>
      <div className="about">
        <dl>
          <Fact
            name="Firebreak"
            value={
              hello === null
                ? null
                : `${hello.version}, ${hello.host === 'electron' ? 'desktop app' : 'in the browser'}`
            }
          />
          <Fact name="Machine" value={facts === null ? null : machineName(facts.model)} />
          <Fact name="CPU" value={facts === null ? null : `${facts.cpu}, ${facts.cores} cores`} />
          <Fact name="GPU" value={facts?.gpu ?? null} />
          <Fact name="System" value={facts?.os ?? null} />
          <Fact
            name="Kernel"
            value={
              facts === null
                ? null
                : `${facts.kernel}, ${facts.arch}, pages of ${facts.pageSizeBytes / 1024} kB`
            }
          />
        </dl>
        <OwnCost />
      </div>
    </section>
  )
}

function Fact({ name, value }: { readonly name: string; readonly value: string | null }): ReactNode {
  return (
    <div>
      <dt>{name}</dt>
      <dd title={value ?? ''}>{value === null || value === '' ? 'not known' : value}</dd>
    </div>
  )
}

function OwnCost(): ReactNode {
  const cost = usePanel('settings', (state) => state.ownCost)
  const measure = usePanel('settings', (state) => state.measure)
  useEffect(() => {
    void measure()
    const timer = setInterval(() => {
      if (!document.hidden) void measure()
    }, MEASURE_EVERY_MS)
    return () => clearInterval(timer)
  }, [measure])
  const known = cost?.processes.every((one) => one.pssBytes !== 'unknown') ?? false
  const sum =
    cost?.processes.reduce((all, one) => all + (one.pssBytes === 'unknown' ? 0 : one.pssBytes), 0) ?? 0
  const cpu = cost?.cpuPctOfOneCore ?? 'unknown'
  return (
    <div className="own-cost">
      <h3>What Firebreak itself costs</h3>
      <dl className="num">
        <div className="own-cost-sum">
          <dt>Processor</dt>
          <dd>{cpu === 'unknown' ? 'not measured yet' : `${cpu.toFixed(1)} % of one core`}</dd>
        </div>
        <div className="own-cost-sum">
          <dt>Memory</dt>
          <dd>{cost === null ? 'not measured yet' : `${known ? '' : 'at least '}${bytesText(sum)}`}</dd>
        </div>
        {cost?.processes.map((one) => (
          <div key={one.pid} className="muted">
            <dt className="ellipsis">
              {one.name} <span className="small">pid {one.pid}</span>
            </dt>
            <dd>{one.pssBytes === 'unknown' ? 'not known' : bytesText(one.pssBytes)}</dd>
          </div>
        ))}
      </dl>
    </div>
  )
}
