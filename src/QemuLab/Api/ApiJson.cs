using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;
using QemuLab.Engine.Errors;
using QemuLab.Engine.Hooks;
using QemuLab.Engine.Hosts;
using QemuLab.Engine.Labs;
using QemuLab.Engine.Networks;

namespace QemuLab.Api;

/// <summary>Every type that the API speaks; a new one gets its line here.</summary>
[JsonSourceGenerationOptions(JsonSerializerDefaults.Web, UseStringEnumConverter = true, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull, NumberHandling = JsonNumberHandling.Strict)]
[JsonSerializable(typeof(VersionView))]
[JsonSerializable(typeof(HostView))]
[JsonSerializable(typeof(NamesView))]
[JsonSerializable(typeof(IReadOnlyList<KnownError>))]
[JsonSerializable(typeof(IReadOnlyList<LabTemplate>))]
[JsonSerializable(typeof(IReadOnlyList<LabView>))]
[JsonSerializable(typeof(IReadOnlyList<MachineView>))]
[JsonSerializable(typeof(GuestView))]
[JsonSerializable(typeof(IReadOnlyList<WhyView>))]
[JsonSerializable(typeof(IReadOnlyList<HistoryView>))]
[JsonSerializable(typeof(IReadOnlyList<StagesView>))]
[JsonSerializable(typeof(MachineChangeView))]
[JsonSerializable(typeof(IReadOnlyList<MachineOutcomeView>))]
[JsonSerializable(typeof(WaitRequest))]
[JsonSerializable(typeof(SetRequest))]
[JsonSerializable(typeof(IReadOnlyList<MachineDiff>))]
[JsonSerializable(typeof(IReadOnlyList<TrashStatus>))]
[JsonSerializable(typeof(IReadOnlyList<UnplannedLab>))]
[JsonSerializable(typeof(PlanView))]
[JsonSerializable(typeof(IReadOnlyList<ImageView>))]
[JsonSerializable(typeof(RemovedImagesView))]
[JsonSerializable(typeof(IReadOnlyList<NetworkDetailView>))]
[JsonSerializable(typeof(IReadOnlyList<NetworkCheckRow>))]
[JsonSerializable(typeof(IReadOnlyList<VirtualIpStatus>))]
[JsonSerializable(typeof(VirtualIpDrain))]
[JsonSerializable(typeof(IReadOnlyList<SnapshotStatus>))]
[JsonSerializable(typeof(SnapshotRequest))]
[JsonSerializable(typeof(ReturnRequest))]
[JsonSerializable(typeof(ReturnOutcome))]
[JsonSerializable(typeof(IReadOnlyList<DoctorCheck>))]
[JsonSerializable(typeof(IReadOnlyList<HookView>))]
[JsonSerializable(typeof(IReadOnlyList<HookRun>))]
[JsonSerializable(typeof(HookTrialRequest))]
[JsonSerializable(typeof(IReadOnlyList<ServiceView>))]
[JsonSerializable(typeof(FaultRequest))]
[JsonSerializable(typeof(IReadOnlyList<NetworkFault>))]
[JsonSerializable(typeof(LaunchRequest))]
[JsonSerializable(typeof(LaunchOutcome))]
[JsonSerializable(typeof(StartRequest))]
[JsonSerializable(typeof(SuspendRequest))]
[JsonSerializable(typeof(StateRequest))]
[JsonSerializable(typeof(StartSeveralRequest))]
[JsonSerializable(typeof(StopSeveralRequest))]
[JsonSerializable(typeof(IReadOnlyList<MachineResultView>))]
[JsonSerializable(typeof(IReadOnlyList<GuestResultView>))]
[JsonSerializable(typeof(IReadOnlyList<MachineUsageView>))]
[JsonSerializable(typeof(IReadOnlyList<MachineRatesView>))]
[JsonSerializable(typeof(IReadOnlyList<string>))]
[JsonSerializable(typeof(string[]))]
[JsonSerializable(typeof(IReadOnlyDictionary<string, string>))]
[JsonSerializable(typeof(StopRequest))]
[JsonSerializable(typeof(RestartRequest))]
[JsonSerializable(typeof(RestartSeveralRequest))]
[JsonSerializable(typeof(LabSource))]
[JsonSerializable(typeof(StreamLine))]
[JsonSerializable(typeof(ProblemView))]
[JsonSerializable(typeof(LabEvent))]
[JsonSerializable(typeof(IReadOnlyList<LabEvent>))]
[JsonSerializable(typeof(IReadOnlyList<Diagnostic>))]
[JsonSerializable(typeof(QmpEventView))]
[JsonSerializable(typeof(VncView))]
[JsonSerializable(typeof(JsonElement))]
[JsonSerializable(typeof(string))]
[JsonSerializable(typeof(byte[]))]
[JsonSerializable(typeof(bool?))]
[JsonSerializable(typeof(int?))]
[JsonSerializable(typeof(long?))]
internal sealed partial class ApiJson : JsonSerializerContext
{
    /// <summary>The type's description, for both sides.</summary>
    public static JsonTypeInfo<T> Info<T>() => (JsonTypeInfo<T>)Default.Options.GetTypeInfo(typeof(T));
}
