package lib.worker.presence;

import module java.base;
import lib.client.ServerFeatures;
import lib.feed.Offer;
import lib.worker.admission.Codebases;
import lib.worker.admission.RunningTasks;
import lib.worker.context.WorkerContext;
import lib.worker.context.WorkerEvent;

/** What this worker offers to the server at this moment. Thread-safe. */
public record WorkerOffer(WorkerContext context, Codebases codebases, RunningTasks running) implements Offer {

  @Override
  public String workerId() {
    return context.workerId();
  }

  @Override
  public String agentName() {
    return context.identity().agentName();
  }

  @Override
  public List<String> codebaseIds() {
    return codebases.ids();
  }

  @Override
  public List<String> capabilities() {
    return context.identity().capabilities();
  }

  @Override
  public boolean isPartlyBusy() {
    return running.size() > 0 && running.free() > 0;
  }

  @Override
  public ServerFeatures features() throws InterruptedException {
    return context.server().features();
  }

  @Override
  public void stopOrdered(String taskId, String reason) {
    context.events().publish(new WorkerEvent.StopOrdered(taskId, reason));
  }
}
