import { Component } from 'react';
import { ProblemNotice } from './notice.js';

interface Props {
  readonly children: React.ReactNode;
}

/** Keeps the frame alive when a page fails to draw, and says so in its place. */
export class PageBoundary extends Component<Props, { readonly failure: unknown }> {
  override state = { failure: null as unknown };

  static getDerivedStateFromError(failure: unknown): { failure: unknown } {
    return { failure };
  }

  override render(): React.ReactNode {
    if (this.state.failure === null) return this.props.children;
    return (
      <div className="page">
        <ProblemNotice error={this.state.failure} onRetry={() => this.setState({ failure: null })} />
      </div>
    );
  }
}
