import type { ReactNode } from 'react'
import type { Estimate } from '../../../../shared/model/estimate.ts'
import { bytesText } from '../../format/bytes.ts'

/** Each part with its figures and where they come from; then what was assumed. */
export function Breakdown({ estimate }: { readonly estimate: Estimate }): ReactNode {
  const { parts, total, notes, growthBytes } = estimate
  return (
    <div className="breakdown">
      <table>
        <thead>
          <tr>
            <th scope="col">Part</th>
            <th scope="col">Expected</th>
            <th scope="col">At most</th>
          </tr>
        </thead>
        <tbody>
          {parts
            .filter(({ peakBytes }) => peakBytes > 0)
            .map(({ id, label, expectedBytes, peakBytes, why }) => (
              <tr key={`${id} ${label}`}>
                <th scope="row">
                  {label}
                  <span className="small muted block">{why}</span>
                </th>
                <td className="num">{bytesText(expectedBytes)}</td>
                <td className="num">{bytesText(peakBytes)}</td>
              </tr>
            ))}
        </tbody>
        <tfoot>
          <tr>
            <th scope="row">
              Together
              <span className="small muted block">
                What loading alone takes is given back before caches grow, so the most is not the sum of the
                column.
              </span>
            </th>
            <td className="num">{bytesText(total.expectedBytes)}</td>
            <td className="num">{bytesText(total.peakBytes)}</td>
          </tr>
        </tfoot>
      </table>
      {growthBytes > 0 && (
        <p className="small muted">
          Of it, {bytesText(growthBytes)} are claimed little by little after it is ready.
        </p>
      )}
      {notes.map((note) => (
        <p key={note} className="small muted">
          {note}
        </p>
      ))}
    </div>
  )
}
