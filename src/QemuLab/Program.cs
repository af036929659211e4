Console.WriteLine("qemulab");
